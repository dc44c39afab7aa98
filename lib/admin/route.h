// mailctl route: where mail for an address goes, and why.
#pragma once

#include <string>
#include <vector>

#include "admin/context.h"
#include "relay/hosts.h"
#include "relay/route.h"

namespace mail::admin {

class RouteCommand {
 public:
  RouteCommand(Options& options, Context& context);

 private:
  int run();
  std::string whole_address(directory::Directory& directory) const;
  void say_places(directory::Directory& directory,
                  const std::string& address, relay::Route& route);
  void say_ways(relay::Route& route);
  void ask_dns(const relay::Hop& hop, relay::Route& route);
  void say_none(const relay::Hop& hop, const relay::Destination& found,
                relay::Route& route) const;

  Context& context_;
  std::string address_;
  bool offline_ = false;
  std::vector<std::string> hops_;
  std::vector<std::string> hosts_;
  std::vector<std::string> sites_;
};

}  // namespace mail::admin
