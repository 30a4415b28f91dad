package dev.tethys.pipeline.exporter.debug;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.EnumSet;
import java.util.Set;

/** Creates {@code nop} exporters, which accept and discard everything. */
public final class NopExporterFactory implements ExporterFactory<NopExporterFactory.Settings> {
  /** Empty settings. */
  public record Settings() {}

  private static final Section SECTION = new Section("nop", "Accepts and discards all telemetry.");
  private static final Type<Settings> TYPE = SECTION.type(o -> new Settings());

  @Override
  public String type() {
    return "nop";
  }

  @Override
  public String about() {
    return "Accepts and discards everything.";
  }

  @Override
  public Type<Settings> settings() {
    return TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Exporter create(Settings settings, Signal signal, Context context) {
    return new Nop(context.account(signal));
  }

  record Nop(ItemAccounting account) implements Exporter {
    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.through(batch.items());
      ack.complete(Outcome.ACCEPTED);
    }
  }
}
