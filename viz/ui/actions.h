// Carries out what a key or a button asked for.
#pragma once

#include <string>
#include <vector>

#include "viz/model/deeds.h"
#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// False for what is the application's: looks, full screen.
bool carry_out(Action action, Session& session, UiState& state);

/// Why nothing at all can be asked of the simulation now, in a sentence; empty when it can.
std::string why_no_requests(const Session& session);

/// Why the action can't be done to the node, in a sentence; empty when it can.
std::string why_not(const Session& session, Action action, NodeId node);

/// Asks for the deed, or says why it can't be done.
void perform(const Deed& deed, const Session& session, UiState& state);

/// The key of a deed: its own, or its number among those without; empty beyond the ninth.
std::string key_of(const std::vector<Deed>& deeds, std::size_t index);

/// What can be done now: to what is selected, or, in its menu, to the cluster.
std::vector<Deed> deeds_at_hand(const Session& session, const UiState& state);

}  // namespace eventarium::viz::ui
