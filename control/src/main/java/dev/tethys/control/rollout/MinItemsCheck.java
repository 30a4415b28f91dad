package dev.tethys.control.rollout;

import dev.tethys.control.fleet.Totals;
import dev.tethys.control.text.Texts;

/**
 * Checks that the agents of the stage have received enough items since they applied the version,
 * because a stage passes only with evidence.
 */
final class MinItemsCheck implements GuardCheck {
  private final Rollout r;
  private long items;
  private boolean counted;

  MinItemsCheck(Rollout r) {
    this.r = r;
  }

  @Override
  public CheckResult add(ReachedAgent agent) {
    Totals then = agent.reached().atApply;
    Totals now = agent.totals();
    if (then != null && now != null && agent.reached().stage == r.stage) {
      items += now.in() - then.in();
      counted = true;
    }
    return CheckResult.PASS;
  }

  @Override
  public CheckResult answer() {
    return counted && items < r.guard.minItems()
        ? CheckResult.awaitEvidence(
            "the agents of the stage have taken "
                + Texts.counted(items, "item")
                + " since they applied it; "
                + r.guard.minItems()
                + (r.guard.minItems() == 1 ? " is" : " are")
                + " required (minItems)")
        : CheckResult.PASS;
  }
}
