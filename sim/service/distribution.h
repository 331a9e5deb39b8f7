// Draws lengths of time from the distributions of a scenario.
#pragma once

#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/scenario/scenario.h"

namespace eventarium::service {

/// A length of time, never negative, at most 1e9 s (a log-normal can otherwise leave the range of
/// SimTime). A fixed distribution draws nothing from `random`.
Duration draw(const scenario::Distribution& distribution, RandomStream& random);

}  // namespace eventarium::service
