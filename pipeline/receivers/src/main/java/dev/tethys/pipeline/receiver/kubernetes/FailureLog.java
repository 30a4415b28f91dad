package dev.tethys.pipeline.receiver.kubernetes;

/**
 * Which failures are told of something that is tried again and again: the first of those that are
 * the same, and again after it has succeeded. Of one thread.
 */
public final class FailureLog {
  private String told = "";

  /** Whether this is to be told, in which case the next one that is the same is not. */
  public boolean isNew(String why) {
    boolean is = !why.equals(told);
    told = why;
    return is;
  }

  /** It has succeeded. */
  public void succeeded() {
    told = "";
  }
}
