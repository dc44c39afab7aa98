#include "smtp/trouble.h"

#include "base/fault.h"
#include "base/log.h"

namespace mail::smtp {

std::optional<Reply> trouble_in(std::string_view command,
                                const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const NoSpace& trouble) {
    log_error("no-space", {{"command", command}, {"reason", trouble.what()}});
    return Reply(452, "4.3.1", "No space here now; try again later");
  } catch (const Fault& trouble) {
    log_error("fault", {{"command", command}, {"reason", trouble.what()}});
    return Reply(451, "4.3.0", "Trouble here; try again later");
  }
}

}  // namespace mail::smtp
