package dev.tethys.control.mdai;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Resource of the group {@code hub.mydecisive.ai}. */
public sealed interface Resource {
  /**
   * Resource identity.
   *
   * @param where {@code file:line:column}
   */
  record Meta(
      String kind, String namespace, String name, Map<String, String> labels, String where) {}

  Meta meta();

  /**
   * {@code MdaiHub}: variables, alerts and rules.
   *
   * @param evaluationInterval evaluation interval of the alerts; "" for the default
   */
  record Hub(
      Meta meta,
      String evaluationInterval,
      List<HubVariable> variables,
      List<PrometheusAlert> alerts,
      List<HubRule> rules)
      implements Resource {
    /** Returns a variable; null if there is none. */
    public @Nullable HubVariable variable(String key) {
      for (HubVariable v : variables) {
        if (v.key().equals(key)) {
          return v;
        }
      }
      return null;
    }
  }

  /** Hub alert, which Prometheus evaluates; the duration is "" if none is set. */
  record PrometheusAlert(
      String name, String expression, String severity, String pending, String keepFiring) {}

  /** {@code MdaiObserver}: counts of items and bytes by resource attributes. */
  record Observer(Meta meta, List<Count> counts) implements Resource {
    /**
     * One observer.
     *
     * @param labels resource attributes
     * @param items metric of items; "" for none
     * @param bytes metric of bytes; "" for none
     * @param filter OTTL conditions of log records that are omitted
     */
    public record Count(
        String name, List<String> labels, String items, String bytes, List<String> filter) {}
  }

  /** {@code MdaiReplay}. */
  record Replay(Meta meta, ReplaySpec spec) implements Resource {}

  /** {@code MdaiDal}: archive in an object store. */
  record Dal(Meta meta, String region, String bucket, String prefix, String granularity)
      implements Resource {}

  /** {@code MdaiCollector}: destination of the logs of MDAI's own parts. */
  record Collector(Meta meta, String bucket, String endpoint) implements Resource {}

  /** {@code MdaiIngress}: load balancers of a collector in a cloud. */
  record Ingress(Meta meta, String collector, Map<String, String> endpoints) implements Resource {}
}
