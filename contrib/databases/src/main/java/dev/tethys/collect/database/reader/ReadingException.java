package dev.tethys.collect.database.reader;

import java.io.IOException;

/** Failure of a whole reading. The message holds no password. */
public final class ReadingException extends IOException {
  private static final long serialVersionUID = 1;

  /** Kinds of failures; the text is the value of a label, so it has few values. */
  public enum Failure {
    /** User, password or database is wrong: further attempts fail too. */
    LOGIN("login refused"),
    /** No place for a connection, or the server is starting. */
    BUSY("server refuses connections"),
    /** The deadline passed. */
    TIMEOUT("timeout"),
    /** The server cannot be reached or closed the connection. */
    CONNECTION("connection failed"),
    /** The server's answer is not one of its protocol. */
    PROTOCOL("unexpected answer");

    private final String text;

    Failure(String text) {
      this.text = text;
    }

    /** Value of the label {@code error}. */
    public String text() {
      return text;
    }
  }

  private final Failure failure;

  public ReadingException(Failure failure, String message, Throwable cause) {
    super(message, cause);
    this.failure = failure;
  }

  /** Kind of the failure. */
  public Failure failure() {
    return failure;
  }
}
