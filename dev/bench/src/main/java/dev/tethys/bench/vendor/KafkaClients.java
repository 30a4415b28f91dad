package dev.tethys.bench.vendor;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's producer, with a record of lines of JSON for each request. */
final class KafkaClients implements VendorClient {
  private final KafkaProducer<byte[], byte[]> producer;

  KafkaClients(String address) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", address, "acks", "all"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  @Override
  public void write(List<Sample> samples) throws Exception {
    StringBuilder sb = new StringBuilder();
    samples.forEach(s -> s.series().line(s.millis(), s.value(), sb));
    producer
        .send(new ProducerRecord<>("vendor", sb.toString().getBytes(StandardCharsets.UTF_8)))
        .get();
  }

  @Override
  public void close() {
    producer.close();
  }
}
