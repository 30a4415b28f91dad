package dev.tethys.pipeline.exporter.file;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Writes each batch as one record: a line of OTLP/JSON, or, for protobuf and compressed data, a
 * big-endian length of four bytes and the message. A batch is acknowledged when it is in the file.
 */
final class FileExporter implements Exporter {
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private final FileSettings settings;
  private final RotatedFile file;
  private final OtlpSignal signal;
  private final ItemAccounting account;
  private final System.Logger log;

  FileExporter(
      FileSettings settings,
      RotatedFile file,
      Signal signal,
      ItemAccounting account,
      System.Logger log) {
    this.settings = settings;
    this.file = file;
    this.signal = signal.otlp();
    this.account = account;
    this.log = log;
  }

  @Override
  public void start() throws IOException {
    file.open();
  }

  @Override
  public void stop(Duration timeLimit) {
    file.close();
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    account.take(batch.items());
    try {
      file.write(record(batch));
    } catch (CodecException e) {
      refuse(batch, ack, String.valueOf(e.getMessage()));
      return;
    } catch (IOException e) {
      log.log(Level.WARNING, "{0}: {1}", settings.path(), e.toString());
      account.returnItems(batch.items());
      ack.complete(new Outcome.Unavailable("file: " + e.getMessage(), AGAIN));
      return;
    }
    account.pass(batch.items());
    ack.complete(Outcome.ACCEPTED);
  }

  private void refuse(Batch batch, AckCallback ack, String reason) {
    account.drop(Drops.NOT_ENCODABLE, batch.items());
    ack.complete(new Outcome.Rejected(reason, batch.items()));
  }

  /** A batch as the file has it. */
  byte[] record(Batch batch) {
    byte[] b =
        batch.encoding() == Encoding.REMOTE_WRITE
            ? new OtlpWriter().write(batch.seriesAsOtlp().metrics())
            : batch.body();
    if (!settings.proto()) {
      b = OtlpJsonWriter.toJson(signal, b, 0, b.length);
    }
    if (settings.zstd()) {
      b = Compression.ZSTD.compress(b, 0, b.length, settings.level());
    }
    if (settings.proto() || settings.zstd()) {
      return ByteBuffer.allocate(4 + b.length).putInt(b.length).put(b).array();
    }
    byte[] line = java.util.Arrays.copyOf(b, b.length + 1);
    line[b.length] = '\n';
    return line;
  }
}
