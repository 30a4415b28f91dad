package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;

/** Text of an answer within a limit, accounted for in the memory of requests. */
final class BoundedText {
  /** Largest answer. */
  private static final int MAX_BYTES = 128 << 20;

  private static final int STEP = 1 << 20;

  final TextBuffer text = new TextBuffer();
  private final HttpRequest request;
  private long reserved;

  BoundedText(HttpRequest request) {
    this.request = request;
  }

  /**
   * Checks the size; called after each trace.
   *
   * @throws HttpException 422 if the answer is too large
   */
  void check() {
    if (text.size() > MAX_BYTES) {
      throw new HttpException(
          422,
          "answer is larger than " + (MAX_BYTES >> 20) + " MiB; use a smaller limit or time range");
    }
    if (text.size() > reserved) {
      request.reserve(text.size() - reserved + STEP);
      reserved = text.size() + STEP;
    }
  }
}
