package dev.tethys.pipeline.receiver.creator;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.Map;
import java.util.Set;

/**
 * Receiver to run for an endpoint.
 *
 * @param called its name in logs
 * @param tree source of its settings
 * @param attributes added to resources
 * @param signals signals that the receiver must emit; not empty
 */
record PlannedReceiver(
    ReceiverFactory<?> factory,
    ComponentId id,
    String called,
    Object settings,
    Object tree,
    Map<String, String> attributes,
    Set<Signal> signals) {
  /** Whether a running receiver is identical. */
  boolean sameAs(PlannedReceiver o) {
    return factory == o.factory
        && id.equals(o.id)
        && tree.equals(o.tree)
        && attributes.equals(o.attributes)
        && signals.equals(o.signals);
  }
}
