package dev.tethys.collect.observe.kernel;

/** Refusal of the kernel, or of this build, to run a program group; the message is the reason. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1;

  public RefusedException(String reason) {
    super(reason);
  }
}
