package dev.tethys.api.traces;

import dev.tethys.web.HttpException;

/** Trace id of 128 bits. */
record TraceId(long high, long low) {
  /**
   * Reads 1 to 32 hexadecimal digits.
   *
   * @throws HttpException 400 if the text is not a trace id
   */
  static TraceId parse(String text) {
    int n = text.length();
    if (n == 0 || n > 32) {
      throw new HttpException(
          400, "trace id has " + n + " characters; it must have 1 to 32 hexadecimal digits");
    }
    for (int i = 0; i < n; i++) {
      if (Character.digit(text.charAt(i), 16) < 0 || text.charAt(i) > 'f') {
        throw new HttpException(
            400, "trace id is '" + text + "'; it must have 1 to 32 hexadecimal digits");
      }
    }
    long high = n > 16 ? Long.parseUnsignedLong(text.substring(0, n - 16), 16) : 0;
    return new TraceId(high, Long.parseUnsignedLong(text.substring(Math.max(0, n - 16)), 16));
  }
}
