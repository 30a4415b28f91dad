package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsJsonClient;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Queue of SQS with notifications of S3 about new objects: sent by S3 itself, through a topic of
 * SNS, or by EventBridge.
 *
 * <p>Sources: Amazon SQS API reference, "ReceiveMessage", "DeleteMessage"; Amazon S3 user guide,
 * "Event message structure", "Using EventBridge".
 */
final class ObjectQueue {
  private static final AwsJsonClient.Service SQS =
      new AwsJsonClient.Service("sqs", "sqs", "AmazonSQS", "1.0");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Queue settings.
   *
   * @param endpoint URL of SQS; "" for the region's default
   * @param waitTime time that SQS waits for messages
   * @param messages maximum number of messages of a request
   * @param deletes whether messages are deleted when their objects were read
   */
  record Settings(
      String url,
      String region,
      String endpoint,
      Duration waitTime,
      int messages,
      boolean deletes) {}

  private static final Section SECTION =
      new Section("sqs", "Queue of notifications about new objects.");
  private static final Key<String> QUEUE_URL =
      SECTION.key("queue_url", Type.STRING, "", "URL of the queue.");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "", "Region of the queue.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", Type.STRING, "", "URL of SQS; that of the region by default.");
  private static final Key<Long> WAIT =
      SECTION.key(
          "wait_time_seconds",
          Type.INT,
          20L,
          "Time that SQS waits for messages, in seconds, from 0 to 20.");
  private static final Key<Long> MESSAGES =
      SECTION.key(
          "max_number_of_messages",
          Type.INT,
          10L,
          "Maximum number of messages of a request, from 1 to 10.");
  private static final Key<Boolean> DELETE =
      SECTION.key(
          "delete_messages",
          Type.BOOL,
          true,
          "If true, a message is deleted when its objects were read.");

  static final Type<Settings> TYPE = SECTION.type(ObjectQueue::read);

  private static Settings read(YamlObject o) {
    if (o.get(QUEUE_URL).isEmpty()) {
      throw o.error("sqs.queue_url is required");
    }
    if (o.get(REGION).isEmpty()) {
      throw o.error("sqs.region is required");
    }
    long wait = o.get(WAIT);
    if (wait < 0 || wait > 20) {
      throw o.error(WAIT, "wait_time_seconds is " + wait + "; it must be from 0 to 20");
    }
    long messages = o.get(MESSAGES);
    if (messages < 1 || messages > 10) {
      throw o.error(
          MESSAGES, "max_number_of_messages is " + messages + "; it must be from 1 to 10");
    }
    return new Settings(
        o.get(QUEUE_URL),
        o.get(REGION),
        o.get(ENDPOINT),
        Duration.ofSeconds(wait),
        (int) messages,
        o.get(DELETE));
  }

  /**
   * A message of the queue.
   *
   * @param objects new objects
   */
  record Message(String receipt, List<NewObject> objects) {}

  /** An object that was stored. */
  record NewObject(String bucket, String key) {}

  private final Settings settings;
  private final AwsJsonClient client;

  /**
   * @param credentials credentials for both the bucket and the queue
   * @param clients the process's; not closed here
   */
  ObjectQueue(
      Settings settings,
      AwsCredentials.Settings credentials,
      HttpClientFactory clients,
      InstantSource clock) {
    this.settings = settings;
    this.client =
        new AwsJsonClient(SQS, credentials.in(settings.region), settings.endpoint, clients, clock);
  }

  Settings settings() {
    return settings;
  }

  /** Messages of the queue as SQS delivers them; none when it waited in vain. */
  List<JsonNode> receive() throws IOException, InterruptedException {
    JsonNode answer =
        client.call(
            "ReceiveMessage",
            Map.of(
                "QueueUrl",
                settings.url,
                "MaxNumberOfMessages",
                settings.messages,
                "WaitTimeSeconds",
                settings.waitTime.toSeconds()),
            settings.waitTime.plus(TIMEOUT));
    List<JsonNode> messages = new ArrayList<>();
    answer.path("Messages").forEach(messages::add);
    return messages;
  }

  /**
   * Reads a message.
   *
   * @throws IOException if it is not a notification of S3
   */
  static Message read(JsonNode message) throws IOException {
    List<NewObject> objects = new ArrayList<>();
    try {
      JsonNode body = JSON.readTree(message.path("Body").asString(""));
      if (body.path("Type").asString("").equals("Notification")) { // of SNS
        body = JSON.readTree(body.path("Message").asString(""));
      }
      for (JsonNode r : body.path("Records")) {
        if (r.path("eventName").asString("").startsWith("ObjectCreated")) {
          JsonNode s3 = r.path("s3");
          String key = s3.path("object").path("key").asString("");
          objects.add(
              new NewObject(
                  s3.path("bucket").path("name").asString(""),
                  URLDecoder.decode(key, StandardCharsets.UTF_8)));
        }
      }
      if (body.path("detail-type").asString("").equals("Object Created")) { // of EventBridge
        JsonNode detail = body.path("detail");
        objects.add(
            new NewObject(
                detail.path("bucket").path("name").asString(""),
                detail.path("object").path("key").asString("")));
      }
    } catch (JacksonException | IllegalArgumentException e) {
      throw new IOException(
          "message " + message.path("MessageId").asString("") + " is not a notification of S3", e);
    }
    return new Message(message.path("ReceiptHandle").asString(""), objects);
  }

  /** Deletes a message, which SQS delivers again otherwise. */
  void delete(Message message) throws IOException, InterruptedException {
    client.call(
        "DeleteMessage",
        Map.of("QueueUrl", settings.url, "ReceiptHandle", message.receipt),
        TIMEOUT);
  }
}
