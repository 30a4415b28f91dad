package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Retry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;

/** Creates {@code awss3} receivers. */
public final class AwsS3ReceiverFactory implements ReceiverFactory<AwsS3ReceiverSettings> {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public AwsS3ReceiverFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "awss3";
  }

  @Override
  public String about() {
    return "Reads objects of S3 that an exporter of this type has stored, by time or by notifications.";
  }

  @Override
  public Type<AwsS3ReceiverSettings> settings() {
    return AwsS3ReceiverSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(AwsS3ReceiverSettings s, Map<Signal, Consumer> outputs, Context context) {
    InstantSource clock = () -> Instant.ofEpochMilli(context.clock().millis());
    ObjectQueue.Settings queue = s.queue();
    return new AwsS3Receiver(
        s,
        outputs,
        context,
        new S3Client(s.location(), clients, TIMEOUT, clock, S3Retry.USUAL),
        queue == null ? null : new ObjectQueue(queue, s.location().credentials(), clients, clock));
  }
}
