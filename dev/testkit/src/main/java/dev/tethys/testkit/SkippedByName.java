package dev.tethys.testkit;

import java.lang.reflect.Method;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/**
 * Reports every aborted test by its name. Surefire records aborted tests, but not aborted
 * containers: a class aborted before its first test, or a factory aborted before it has created
 * any. The tests of such a class are skipped one by one, and such a factory creates one test, which
 * is aborted for the same reason.
 *
 * <p>Jupiter finds this by the service file of the test kit and applies it to all tests of all
 * modules.
 */
public final class SkippedByName implements ExecutionCondition, InvocationInterceptor {
  private static final Namespace OURS = Namespace.create(SkippedByName.class);
  private static final String REASON = "reason";

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String reason = reason(context);
    return reason == null
        ? ConditionEvaluationResult.enabled(null)
        : ConditionEvaluationResult.disabled(reason);
  }

  private static @Nullable String reason(ExtensionContext context) {
    return context.getStore(OURS).get(REASON, String.class);
  }

  @Override
  public void interceptBeforeAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext context)
      throws Throwable {
    if (reason(context) != null) {
      invocation.skip();
      return;
    }
    try {
      invocation.proceed();
    } catch (TestAbortedException e) {
      context.getStore(OURS).put(REASON, String.valueOf(e.getMessage()));
    }
  }

  @Override
  @SuppressWarnings("unchecked") // a factory makes nodes, or something with nodes in it
  public <T extends @Nullable Object> T interceptTestFactoryMethod(
      Invocation<T> invocation,
      ReflectiveInvocationContext<Method> called,
      ExtensionContext context)
      throws Throwable {
    try {
      T made = invocation.proceed();
      if (!(made instanceof Stream<?> s)) {
        return made;
      }
      // Streams are lazy: a missing item shows only when they are read.
      try (s) {
        return (T) s.toList().stream();
      }
    } catch (TestAbortedException e) {
      DynamicTest skipped =
          DynamicTest.dynamicTest(
              called.getExecutable().getName(),
              () -> {
                throw e;
              });
      return (T) skipped;
    }
  }
}
