package dev.tethys.pipeline.receiver.creator;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import java.util.Map;

/**
 * Adds attributes to resources; attributes already present are kept.
 *
 * @param to the next consumer
 */
record ResourceAdding(Map<String, String> attributes, Consumer to) implements Consumer {
  /** Wraps a consumer; returns it unchanged if there is nothing to add. */
  static Consumer before(Consumer to, Map<String, String> attributes) {
    return attributes.isEmpty() ? to : new ResourceAdding(attributes, to);
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    Telemetry<?> data;
    try {
      data = batch.takeTree();
    } catch (CodecException e) {
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return;
    }
    for (ResourceGroup<?> g : data.resources()) {
      Attributes a = g.resource().attributes();
      attributes.forEach(
          (k, v) -> {
            if (!a.contains(k)) {
              a.add(k, v);
            }
          });
    }
    to.consume(batch.with(batch.signal(), data), ack);
  }
}
