package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import java.util.function.LongConsumer;

/** Text of an answer within a limit, accounted for in the memory of requests. */
final class BoundedText {
  /** Largest answer. */
  private static final int MAX_BYTES = 128 << 20;

  private static final int STEP = 1 << 20;

  final TextBuffer text = new TextBuffer();
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
  }

  /**
   * Checks the size; called after each trace, series or other part.
   *
   * @throws HttpException 422 if the answer is too large
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
