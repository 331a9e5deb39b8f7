#include "sim/broker/errors.h"

namespace eventarium::kafka {

std::string_view name_of(Error error) {
  switch (error) {
#define EVENTARIUM_ERROR(code, NAME, enumerator, retriable, metadata) \
  case Error::enumerator:                                             \
    return #NAME;
    EVENTARIUM_KAFKA_ERRORS(EVENTARIUM_ERROR)
#undef EVENTARIUM_ERROR
  }
  return "UNKNOWN_SERVER_ERROR";
}

bool is_retriable(Error error) {
  switch (error) {
#define EVENTARIUM_ERROR(code, NAME, enumerator, retriable, metadata) \
  case Error::enumerator:                                             \
    return retriable;
    EVENTARIUM_KAFKA_ERRORS(EVENTARIUM_ERROR)
#undef EVENTARIUM_ERROR
  }
  return false;
}

bool asks_for_metadata(Error error) {
  switch (error) {
#define EVENTARIUM_ERROR(code, NAME, enumerator, retriable, metadata) \
  case Error::enumerator:                                             \
    return metadata;
    EVENTARIUM_KAFKA_ERRORS(EVENTARIUM_ERROR)
#undef EVENTARIUM_ERROR
  }
  return false;
}

}  // namespace eventarium::kafka
