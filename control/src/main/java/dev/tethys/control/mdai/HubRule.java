package dev.tethys.control.mdai;

import java.util.List;

/**
 * Rule of a hub.
 *
 * @param actions run in their order; the first that fails ends the rule
 */
public record HubRule(String name, HubTrigger trigger, List<HubAction> actions) {}
