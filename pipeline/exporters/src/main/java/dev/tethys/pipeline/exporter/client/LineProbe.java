package dev.tethys.pipeline.exporter.client;

import dev.tethys.pipeline.component.ExporterProbe;
import java.io.IOException;
import java.time.Duration;

/** Tests a destination that accepts lines and sends no response. */
public final class LineProbe implements ExporterProbe {
  /** Name of the test metric. */
  public static final String METRIC = "tethys_probe";

  /** A sample in the format of the destination. */
  @FunctionalInterface
  public interface Sample {
    byte[] bytes(String metric, long seconds, double value);
  }

  private final LineEndpoint endpoint;
  private final LineTransport transport;
  private final Sample sample;

  /**
   * @param timeout timeout of each step
   */
  public LineProbe(LineEndpoint endpoint, Duration timeout, Sample sample) {
    this.endpoint = endpoint;
    this.transport = endpoint.open(timeout);
    this.sample = sample;
  }

  @Override
  public String connect() throws IOException {
    transport.send(new byte[0]);
    return endpoint.address()
        + switch (endpoint.transport()) {
          case UDP -> " accepts datagrams; their delivery cannot be verified";
          case UNIXGRAM -> " takes datagrams";
          case TCP, UNIXSTREAM -> " accepts connections";
        };
  }

  @Override
  public String write(long seconds, double value) throws IOException {
    transport.send(sample.bytes(METRIC, seconds, value));
    return "sent " + METRIC + " = " + value + ", which cannot be read back here";
  }

  @Override
  public void close() {
    transport.close();
  }
}
