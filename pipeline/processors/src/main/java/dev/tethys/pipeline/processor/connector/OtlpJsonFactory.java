package dev.tethys.pipeline.processor.connector;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.io.ByteArrayOutputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;

/**
 * Creates {@code otlp_json} connectors: OTLP JSON requests in the bodies of log records become
 * telemetry. Records with requests of another signal are dropped, as are records with other bodies,
 * which are logged.
 */
public final class OtlpJsonFactory implements ConnectorFactory<OtlpJsonFactory.Settings> {
  /** The connector has no settings. */
  public record Settings() {}

  /** Reason of records that became telemetry. */
  private static final String READ = "read";

  /** Reason of records with requests of another signal. */
  private static final String OTHER_SIGNAL = "other_signal";

  private static final LimitedLog LOG =
      new LimitedLog(JulLogger.of("dev.tethys.pipeline.processor"));

  private static final Section SECTION =
      new Section("otlp_json", "Reads OTLP in JSON from the bodies of log records.");

  @Override
  public String type() {
    return "otlp_json";
  }

  @Override
  public java.util.List<String> aliases() {
    return java.util.List.of("otlpjson");
  }

  @Override
  public String about() {
    return "Reads logs, metrics and traces of OTLP in JSON from the bodies of log records.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(_ -> new Settings());
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return from == Signal.LOGS;
  }

  @Override
  public Connector create(
      Settings settings, Signal from, Signal to, Outputs outputs, Context context) {
    return new Reading(outputs.all(), to, context.account(from), context.account(to));
  }

  /**
   * Reads batch by batch.
   *
   * @param records account of the log records, which end here
   * @param made account of the items that they held
   */
  private record Reading(Consumer next, Signal to, ItemAccounting records, ItemAccounting made)
      implements Connector {
    @Override
    public void consume(Batch batch, AckCallback ack) {
      records.take(batch.items());
      LogsData data;
      try {
        data = (LogsData) batch.takeTree();
      } catch (CodecException e) {
        records.drop(TreeProcessor.MALFORMED, batch.items());
        ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
        return;
      }
      ByteArrayOutputStream joined = new ByteArrayOutputStream(); // requests join as their bytes do
      int items = 0;
      for (ResourceGroup<LogRecord> r : data.resources()) {
        for (ScopeGroup<LogRecord> s : r.scopes()) {
          for (LogRecord l : s.items()) {
            items += add(l, joined);
          }
        }
      }
      if (items == 0) {
        ack.complete(Outcome.ACCEPTED);
        return;
      }
      made.create(items);
      made.pass(items);
      next.consume(
          new Batch(to, Encoding.OTLP, joined.toByteArray(), items, 0, batch.metadata()), ack);
    }

    /** Appends the request of a record and returns the number of its items. */
    private int add(LogRecord record, ByteArrayOutputStream joined) {
      byte[] json = AttributeText.text(record.body()).getBytes(StandardCharsets.UTF_8);
      try {
        if (Signal.of(OtlpJson.signalOf(json)) != to) {
          records.drop(OTHER_SIGNAL, 1);
          return 0;
        }
        byte[] request = OtlpJson.toProtobuf(to.otlp(), json, 0, json.length).toByteArray();
        int items = OtlpCheck.check(to.otlp(), request, 0, request.length);
        joined.writeBytes(request);
        records.drop(READ, 1);
        return items;
      } catch (CodecException e) {
        records.drop(TreeProcessor.MALFORMED, 1);
        LOG.log(
            Level.WARNING,
            "Log record is not valid OTLP JSON connector=otlp_json reason={0}",
            String.valueOf(e.getMessage()));
        return 0;
      }
    }
  }
}
