package dev.tethys.collect.exporter;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import javax.security.auth.Subject;

/** Runs the work of a request on a separate thread, as the request's subject. */
public final class CallersSubject {
  private CallersSubject() {}

  /** What another thread does as the subject of this one, if it has one. */
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

  /** Does something as a subject; what it throws comes as it is. */
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
