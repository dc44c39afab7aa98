// mailctl route: where mail for an address goes, and why.
#pragma once

#include <string>
#include <vector>

#include "admin/context.h"
#include "relay/route.h"

namespace mail::admin {

class RouteCommand {
 public:
  RouteCommand(Options& options, Context& context);

 private:
  int run();
  void say_places(directory::Directory& directory,
                  const std::string& address, relay::Route& route);
  std::vector<std::string> hosts_of(const relay::Hop& hop,
                                    relay::Route& route);

  Context& context_;
  std::string address_;
  bool offline_ = false;
};

}  // namespace mail::admin
