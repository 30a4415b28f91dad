package dev.tethys.collect.exporter;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import javax.security.auth.Subject;

/** Runs the work of a request on a separate thread, as the request's subject. */
public final class CallersSubject {
  private CallersSubject() {}

  /** Wraps work for another thread so that it runs as this thread's subject, if any. */
  public static Runnable propagate(Runnable work) {
    Subject who = Subject.current();
    return who == null
        ? work
        : () ->
            Subject.callAs(
                who,
                () -> {
                  work.run();
                  return null;
                });
  }

  /** Runs work as a subject; exceptions of the work propagate unchanged. */
  public static void call(Subject who, Callable<?> work) throws Exception {
    try {
      Subject.callAs(who, work);
    } catch (CompletionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }
}
