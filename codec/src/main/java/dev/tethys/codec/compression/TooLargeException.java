package dev.tethys.codec.compression;

import dev.tethys.codec.CodecException;

/** Signals that the content is larger than the caller's limit. */
public final class TooLargeException extends CodecException {
  private static final long serialVersionUID = 1L;

  public TooLargeException(int max) {
    super("decompressed it is larger than the limit of " + max + " bytes");
  }
}
