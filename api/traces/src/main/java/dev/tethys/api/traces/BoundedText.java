package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.LongConsumer;

/** Text of a response within a limit, accounted for in the memory of requests. */
final class BoundedText {
  /** Maximum response size. */
  private static final int MAX_BYTES = 128 << 20;

  private static final int STEP = 1 << 20;

  /** Buffers kept for reuse: a response that grows from nothing is copied a dozen times. */
  private static final ArrayDeque<TextBuffer> FREE = new ArrayDeque<>();

  private static final int MAX_FREE = 4;
  private static final int MAX_EXPECTED = 16 << 20;
  private static final int MAX_KEPT = 256 << 10; // bytes of a text

  final TextBuffer text;
  private final LongConsumer memory;
  private final int maxBytes;
  private long reserved;

  BoundedText(HttpRequest request) {
    this(request::reserve, MAX_BYTES);
  }

  /**
   * @param memory receives the bytes that the text is about to take
   */
  BoundedText(LongConsumer memory, int maxBytes) {
    this.memory = memory;
    this.maxBytes = maxBytes;
    TextBuffer kept;
    synchronized (FREE) {
      kept = FREE.pollLast();
    }
    text = kept == null ? new TextBuffer() : kept;
  }

  /** Sends the text; nothing can be added after it. */
  void send(String contentType, HttpResponse response) throws IOException {
    check();
    response.header("Content-Type", contentType);
    response.send(text.array(), text.size());
    if (text.capacity() <= MAX_KEPT) {
      text.truncate(0);
      synchronized (FREE) {
        if (FREE.size() < MAX_FREE) {
          FREE.addLast(text);
        }
      }
    }
  }

  /**
   * Frees space for the rest of a response whose first parts are written, so that it is not copied
   * while it grows.
   *
   * @param done number of parts
   * @param all number of parts of the entire response
   */
  void expect(int done, int all) {
    long rest = Math.min((long) text.size() * (all - done) / done, MAX_EXPECTED);
    if (rest > 0 && text.size() + rest <= maxBytes) {
      memory.accept(Math.max(0, text.size() + rest - reserved));
      reserved = Math.max(reserved, text.size() + rest);
      text.reserve((int) (rest + (rest >> 4)));
    }
  }

  /**
   * Checks the size; called after each trace, series or other part.
   *
   * @throws HttpException 422 if the response is too large
   */
  void check() {
    if (text.size() > maxBytes) {
      throw new HttpException(
          422,
          "answer is larger than " + (maxBytes >> 20) + " MiB; use a smaller limit or time range");
    }
    if (text.size() > reserved) {
      memory.accept(text.size() - reserved + STEP);
      reserved = text.size() + STEP;
    }
  }
}
