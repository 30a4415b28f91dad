import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Produces records one request each, consumes them, and prints the requests that both clients have
 * sent by their own counters.
 *
 * <p>Usage: java KafkaLoad.java PORT RECORDS.
 */
final class KafkaLoad {
  private KafkaLoad() {}

  public static void main(String[] args) throws Exception {
    String address = "127.0.0.1:" + args[0];
    int records = Integer.parseInt(args[1]);
    double requests;
    try (KafkaProducer<String, String> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", address, "linger.ms", "0", "enable.metrics.push", "false"),
            new StringSerializer(),
            new StringSerializer())) {
      for (int i = 0; i < records; i++) {
        p.send(new ProducerRecord<>("race", "record " + i)).get();
      }
      requests = requests(p.metrics().values());
    }
    try (KafkaConsumer<String, String> c =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                address,
                "group.id",
                "race",
                "auto.offset.reset",
                "earliest",
                "max.poll.records",
                "10",
                "max.partition.fetch.bytes",
                "2048",
                "enable.metrics.push",
                "false"),
            new StringDeserializer(),
            new StringDeserializer())) {
      c.subscribe(List.of("race"));
      int n = 0;
      while (n < records) {
        n += c.poll(Duration.ofSeconds(1)).count();
      }
      requests += requests(c.metrics().values());
    }
    System.out.printf("%.0f - -%n", requests);
  }

  private static double requests(Iterable<? extends Metric> metrics) {
    for (Metric m : metrics) {
      if (m.metricName().name().equals("request-total")
          && m.metricName().group().matches("(producer|consumer)-metrics")) {
        return (Double) m.metricValue();
      }
    }
    throw new IllegalStateException("the client has no metric request-total");
  }
}
