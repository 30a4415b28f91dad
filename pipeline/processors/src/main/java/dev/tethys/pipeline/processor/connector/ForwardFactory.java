package dev.tethys.pipeline.processor.connector;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.ledger.ItemAccounting;

/** Creates {@code forward} connectors: incoming batches go to every downstream pipeline. */
public final class ForwardFactory implements ConnectorFactory<ForwardFactory.Settings> {
  /** No settings. */
  public record Settings() {}

  private static final Section SECTION =
      new Section("forward", "Forwards batches to other pipelines of the same signal.");

  @Override
  public String type() {
    return "forward";
  }

  @Override
  public String about() {
    return "Hands batches on to other pipelines of their signal.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(_ -> new Settings());
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return from == to;
  }

  @Override
  public Connector create(
      Settings settings, Signal from, Signal to, Outputs outputs, Context context) {
    Consumer all = outputs.all();
    ItemAccounting account = context.account(from);
    return new Connector() {
      @Override
      public void consume(Batch batch, AckCallback ack) {
        account.through(batch.items());
        all.consume(batch, ack);
      }
    };
  }
}
