package dev.tethys.codec.compression;

import dev.tethys.codec.CodecException;

/** What is in there is larger than the one who asked wants to take. */
public final class TooLargeException extends CodecException {
  private static final long serialVersionUID = 1L;

  public TooLargeException(int max) {
    super("decompressed it is larger than the limit of " + max + " bytes");
  }
}
