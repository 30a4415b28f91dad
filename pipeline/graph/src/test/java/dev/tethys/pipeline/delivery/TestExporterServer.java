package dev.tethys.pipeline.delivery;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Destination that answers as configured and records accepted requests. */
final class TestExporterServer implements Sender {
  final List<EncodedRequest> taken = new ArrayList<>();
  final List<EncodedRequest> asked = new ArrayList<>();
  Function<EncodedRequest, SendResult> answer = p -> SendResult.DELIVERED;
  boolean closed;

  @Override
  public synchronized SendResult send(EncodedRequest request) throws IOException {
    asked.add(request);
    SendResult v = answer.apply(request);
    if (v instanceof SendResult.Delivered) {
      taken.add(request);
    }
    return v;
  }

  @Override
  public void close() {
    closed = true;
  }

  /** The first byte of each body it took. */
  synchronized List<Integer> numbers() {
    return taken.stream().map(p -> (int) p.body()[0]).toList();
  }

  synchronized long items() {
    return taken.stream().mapToLong(EncodedRequest::items).sum();
  }
}
