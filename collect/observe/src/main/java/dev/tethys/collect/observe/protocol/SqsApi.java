package dev.tethys.collect.observe.protocol;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Amazon SQS: an action in the header {@code x-amz-target} with a JSON body, or in a form that is
 * signed for it.
 */
final class SqsApi extends HttpApiReader {
  private static final String TARGET = "AmazonSQS.";

  private static final Set<String> ACTIONS =
      Set.of(
          "AddPermission",
          "CancelMessageMoveTask",
          "ChangeMessageVisibility",
          "ChangeMessageVisibilityBatch",
          "CreateQueue",
          "DeleteMessage",
          "DeleteMessageBatch",
          "DeleteQueue",
          "GetQueueAttributes",
          "GetQueueUrl",
          "ListDeadLetterSourceQueues",
          "ListMessageMoveTasks",
          "ListQueueTags",
          "ListQueues",
          "PurgeQueue",
          "ReceiveMessage",
          "RemovePermission",
          "SendMessage",
          "SendMessageBatch",
          "SetQueueAttributes",
          "StartMessageMoveTask",
          "TagQueue",
          "UntagQueue");

  private static final int LONGEST_URL = 512;

  private final boolean json;
  private final String pathQueue;
  private String action;
  private String queue = "";
  private String error = "";
  private boolean answerIsError;

  private SqsApi(boolean json, String action, String pathQueue) {
    this.json = json;
    this.action = action;
    this.pathQueue = pathQueue;
  }

  /** Reader of a request that may be one of SQS; otherwise null. */
  static @Nullable SqsApi of(String method, String path, ApiHead head) {
    if (!method.equals("POST")) {
      return null;
    }
    if (head.amazonTarget.startsWith(TARGET)) {
      String action = head.amazonTarget.substring(TARGET.length());
      boolean fits = ACTIONS.contains(action) && head.isJson();
      return fits ? new SqsApi(true, action, "") : null;
    }
    boolean form =
        head.amazonService.equals("sqs") && ApiBody.form(head.contentType, "") == ApiBody.Form.TEXT;
    // A queue's own path is /ACCOUNT/QUEUE.
    return form
        ? new SqsApi(false, "", path.matches("/[0-9]{1,20}/[^/]{1,80}") ? last(path) : "")
        : null;
  }

  private static String last(String url) {
    return ApiCall.name(url.substring(url.lastIndexOf('/') + 1));
  }

  @Override
  int wantedOfRequest(String name) {
    return name.equals("QueueUrl") || name.equals("QueueName") ? LONGEST_URL : 0;
  }

  @Override
  void request(String name, char kind, String text) {
    if (kind == '"' && (name.equals("QueueUrl") || name.equals("QueueName"))) {
      queue = last(text);
    }
  }

  @Override
  boolean isRefuted() {
    return false;
  }

  @Override
  int wantedOfAnswer(String name) {
    return name.equals("__type") ? ApiCall.LONGEST_NAME + 1 : 0;
  }

  @Override
  void answer(String name, char kind, String text) {
    if (name.equals("__type")) {
      answerIsError = true;
      error = ApiCall.name(text.substring(text.indexOf('#') + 1));
    }
  }

  @Override
  @Nullable ApiCall call(int status, ApiHead head, @Nullable ApiBody request, ApiBody body) {
    if (request == null || json && request.isWrong()) {
      return null;
    }
    if (!json) {
      String form = request.text();
      action = parameter(form, "Action");
      if (!ACTIONS.contains(action)) {
        return null;
      }
      String url = parameter(form, "QueueUrl");
      String name = parameter(form, "QueueName");
      queue = !url.isEmpty() ? last(url) : !name.isEmpty() ? last(name) : pathQueue;
    }
    String code = error;
    if (code.isEmpty() && !head.amazonError.isEmpty()) {
      String e = head.amazonError;
      int end = e.indexOf(';');
      code = ApiCall.name(end < 0 ? e : e.substring(0, end));
    }
    if (code.isEmpty() && !json && status >= 400) {
      code = S3Api.error(body.text());
    }
    return new ApiCall(
            HttpApi.SQS,
            "aws_sqs",
            action,
            queue,
            answerIsError ? ObservedRequest.Status.FAILED : outcome(status),
            code.isEmpty() ? Integer.toString(status) : code)
        .withRequestId(head.amazonRequestId);
  }

  private static String parameter(String form, String name) {
    int at = form.startsWith(name + "=") ? 0 : form.indexOf("&" + name + "=") + 1;
    if (at == 0 && !form.startsWith(name + "=")) {
      return "";
    }
    int from = at + name.length() + 1;
    int end = form.indexOf('&', from);
    try {
      return URLDecoder.decode(
          form.substring(from, end < 0 ? form.length() : end), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return ""; // cut in the middle of an escape
    }
  }
}
