package dev.tethys.pipeline.receiver.archive;

import dev.tethys.config.Type;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchiveFiles;
import dev.tethys.pipeline.archive.S3Archive;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Retry;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** Creates {@code archive} receivers. */
public final class ReplayReceiverFactory implements ReceiverFactory<ReplaySettings> {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public ReplayReceiverFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "archive";
  }

  @Override
  public String about() {
    return "Replays an archive of the exporter of this type, by time, attributes and rate.";
  }

  @Override
  public Type<ReplaySettings> settings() {
    return ReplaySettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(ReplaySettings s, Map<Signal, Consumer> outputs, Context context) {
    S3Settings s3 = s.s3();
    return new ReplayReceiver(
        s,
        outputs,
        context,
        s3 == null
            ? ArchiveFiles.in(new RealFiles(), s.directory())
            : new S3Archive(
                new S3Client(
                    s3.location(),
                    clients,
                    TIMEOUT,
                    () -> Instant.ofEpochMilli(context.clock().millis()),
                    S3Retry.USUAL),
                s3));
  }
}
