package dev.tethys.collect.push;

/** A push is rejected; the message is Pushgateway's. */
public final class PushException extends Exception {
  private static final long serialVersionUID = 1L;

  PushException(String message) {
    super(message);
  }
}
