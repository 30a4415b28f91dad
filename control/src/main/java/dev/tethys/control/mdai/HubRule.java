package dev.tethys.control.mdai;

import java.util.List;

/**
 * Hub rule.
 *
 * @param actions run in their order; the first that fails ends the rule
 */
public record HubRule(String name, HubTrigger trigger, List<HubAction> actions) {}
