package dev.tethys.collect.receive;

import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remote write of Coroot's agents, which send it to the path of OTLP ({@code POST /v1/metrics}).
 *
 * <p>Coroot's node agent sends requests in order and repeats one until its status is below 300. A
 * request that would be rejected again is therefore acknowledged, as in Coroot: otherwise no later
 * request would arrive. The receiver logs it, and {@code X-Prometheus-Remote-Write-Samples-Written}
 * has the number of stored samples.
 */
public final class CorootWriteReceiver implements Receiver {
  private static final String HEADER = "X-Prometheus-Remote-Write-Version";
  private static final String NODE_AGENT = "coroot-node-agent";

  private final Receiver remoteWrite;

  /**
   * @param remoteWrite stores the requests
   */
  public CorootWriteReceiver(Receiver remoteWrite) {
    this.remoteWrite = remoteWrite;
  }

  /** Whether a request with these headers is one of remote write, and not of OTLP. */
  public static boolean isFor(Function<String, @Nullable String> headers) {
    return headers.apply(HEADER) != null;
  }

  @Override
  public void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException {
    String agent = request.header("User-Agent");
    boolean repeats = agent != null && agent.startsWith(NODE_AGENT);
    remoteWrite.receive(request, repeats ? new Acknowledgement(reply) : reply);
  }

  /** Response that acknowledges permanently rejected data. */
  private record Acknowledgement(ReceiverResponse to) implements ReceiverResponse {
    @Override
    public void header(String name, String value) {
      to.header(name, value);
    }

    @Override
    public void send(int status, byte[] body, int offset, int length) throws IOException {
      boolean refused = status >= 400 && status < 500 && status != 429;
      if (refused) {
        to.send(204);
      } else {
        to.send(status, body, offset, length);
      }
    }

    @Override
    public OutputStream stream(int status) throws IOException {
      return to.stream(status);
    }

    @Override
    public void trailer(String name, String value) {
      to.trailer(name, value);
    }
  }
}
