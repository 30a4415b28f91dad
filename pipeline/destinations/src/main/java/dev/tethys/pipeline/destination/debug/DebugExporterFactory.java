package dev.tethys.pipeline.destination.debug;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.ledger.Account;
import java.lang.System.Logger.Level;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** Makes {@code debug} exporters, which say in the log what passes: a line for each batch. */
public final class DebugExporterFactory implements ExporterFactory<DebugExporterFactory.Settings> {
  /** There is one way to say it. */
  public record Settings() {}

  private static final Section SECTION =
      new Section("debug", "Says in the log what passes: a line for each batch.");
  private static final Key<String> VERBOSITY =
      SECTION.key("verbosity", Type.STRING, "basic", "basic; normal and detailed are not built.");

  static {
    SECTION.notBuilt("sampling_initial", "Lines of each second before others are left out.");
    SECTION.notBuilt("sampling_thereafter", "Then one of so many.");
    SECTION.notBuilt("use_internal_logger", "Whether the log is the process's.");
    SECTION.notBuilt("output_paths", "Where lines go otherwise.");
  }

  static final Type<Settings> TYPE =
      SECTION.type(
          o -> {
            switch (o.get(VERBOSITY)) {
              case "basic" -> {
                return new Settings();
              }
              case "normal", "detailed" ->
                  throw o.error(
                      VERBOSITY,
                      "verbosity \""
                          + o.get(VERBOSITY)
                          + "\" is not built in Tethys yet (see README); allowed: basic");
              default ->
                  throw o.error(
                      VERBOSITY, "unknown verbosity \"" + o.get(VERBOSITY) + "\"; allowed: basic");
            }
          });

  @Override
  public String type() {
    return "debug";
  }

  @Override
  public String about() {
    return "Says in the log what passes: a line for each batch.";
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
    return new Debug(context.account(signal), context.logger());
  }

  record Debug(Account account, System.Logger log) implements Exporter {
    @Override
    public void consume(Batch batch, Receipt receipt) {
      account.through(batch.items());
      log.log(
          Level.INFO,
          "{0}: {1} items, {2} bytes",
          batch.signal().name().toLowerCase(Locale.ROOT),
          Integer.toString(batch.items()),
          Integer.toString(batch.body().length));
      receipt.settle(Outcome.ACCEPTED);
    }
  }
}
