package dev.tethys.pipeline.exporter.debug;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Prints passing batches: counts, and more depending on the verbosity. Data that cannot be printed
 * is counted as dropped but accepted, so debugging a pipeline does not make other exporters receive
 * everything again.
 */
final class DebugExporter implements Exporter {
  /** Reason for dropping items that no output accepted. */
  static final String NOT_WRITTEN = "not_written";

  /** Output verbosity. */
  enum Verbosity {
    BASIC,
    NORMAL,
    DETAILED
  }

  private final Verbosity verbosity;
  private final MessageSampler sampler;
  private final Output output;
  private final ItemAccounting account;
  private final RateLimitedWarnings log;

  DebugExporter(
      Verbosity verbosity,
      MessageSampler sampler,
      Output output,
      ItemAccounting account,
      RateLimitedWarnings log) {
    this.verbosity = verbosity;
    this.sampler = sampler;
    this.output = output;
    this.account = account;
    this.log = log;
  }

  @Override
  public void start() throws IOException {
    output.open();
  }

  @Override
  public void stop(Duration timeLimit) {
    output.close();
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    account.take(batch.items());
    try {
      print(batch);
    } catch (CodecException e) {
      account.drop(Drops.NOT_ENCODABLE, batch.items());
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return;
    } catch (IOException e) {
      account.drop(NOT_WRITTEN, batch.items());
      log.warn(
          e.getMessage()
              + ": telemetry is not printed and counts as dropped, reason "
              + NOT_WRITTEN
              + "; fix the path in output_paths, or set another one");
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    account.pass(batch.items());
    ack.complete(Outcome.ACCEPTED);
  }

  /** Prints a batch at the configured verbosity. */
  void print(Batch batch) throws IOException {
    Signal signal = batch.signal();
    Telemetry<?> data = batch.takeTree();
    String title =
        switch (signal) {
          case LOGS -> "Logs";
          case TRACES -> "Traces";
          case METRICS -> "Metrics";
          case PROFILES -> "Profiles";
        };
    List<Object> counts = counts(signal, data);
    String text =
        switch (verbosity) {
          case BASIC -> "";
          case NORMAL -> NormalText.of(signal, data);
          case DETAILED -> DetailedText.of(signal, data);
        };
    batch.keepTree(data);
    synchronized (output) { // a summary and its text stay together
      if (sampler.passes(title)) {
        output.summary(title, counts);
      }
      if (verbosity != Verbosity.BASIC && sampler.passes(text)) {
        output.text(text);
      }
    }
  }

  private static List<Object> counts(Signal signal, Telemetry<?> data) {
    int resources = data.resources().size();
    int items = data.itemCount();
    return switch (signal) {
      case LOGS -> List.of("resource logs", resources, "log records", items);
      case TRACES -> List.of("resource spans", resources, "spans", items);
      case PROFILES -> List.of("resource profiles", resources, "sample records", items);
      case METRICS ->
          List.of("resource metrics", resources, "metrics", metrics(data), "data points", items);
    };
  }

  private static long metrics(Telemetry<?> data) {
    return data.resources().stream()
        .flatMap(r -> r.scopes().stream())
        .flatMap(s -> s.items().stream())
        .filter(Metric.class::isInstance)
        .count();
  }
}
