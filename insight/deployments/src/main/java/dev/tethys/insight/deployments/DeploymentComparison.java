package dev.tethys.insight.deployments;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Signals of a service before and after a deployment.
 *
 * @param before null if there is no comparison yet
 * @param after null if there is no comparison yet
 * @param dayBefore window after the deployment, a day earlier; null if the history has none
 * @param reason why there is no comparison; "" if there is one
 */
public record DeploymentComparison(
    ServiceDeployment deployment,
    @Nullable TimeWindow before,
    @Nullable TimeWindow after,
    @Nullable TimeWindow dayBefore,
    String reason,
    List<ComparedFigure> figures,
    List<ComparedList> lists) {
  /** Rule of the judgements, for people. */
  public static final String RULE =
      "A figure has changed if its median over the parts of the window after differs from the"
          + " median before by more than the largest of: three times the spread before (1.48 times"
          + " the median absolute deviation), 10 % of the median before, and the least difference"
          + " of its unit. It is usual if it had changed but lies as near to the median of the same"
          + " hour a day before. An item has grown if its amount at least doubled.";
}
