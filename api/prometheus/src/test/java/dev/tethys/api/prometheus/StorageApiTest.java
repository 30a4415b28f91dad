package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the store is made of, over HTTP. */
class StorageApiTest {
  private static final String OK = "200 {\"status\":\"success\",\"data\":";

  @Test
  void cardinality() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(s.get("/api/v1/status/cardinality"))
          .isEqualTo(
              OK
                  + "{\"parts\":2,\"series\":100,\"relativeError\":0.0062,"
                  + "\"memoryBytesPerSeries\":512.5,\"labelNames\":7,\"labels\":[{\"name\":\"pod\","
                  + "\"values\":40,\"series\":90,\"seriesIfDropped\":12,\"memoryBytesSaved\":45100}],"
                  + "\"label\":\"__name__\",\"values\":3,\"topValues\":[{\"name\":\"up\","
                  + "\"value\":60}],\"topPairs\":[{\"name\":\"job=x\",\"value\":70}]}}");
      assertThat(s.counted)
          .isEqualTo(
              new StoreView.CardinalityRequest(
                  Parameters.MIN_TIME, Parameters.MAX_TIME, List.of(), "__name__", "", 20));
      assertThat(
              s.get(
                  "/api/v1/status/cardinality?match[]=up&label=pod&prefix=a&limit=3&start=1&end=2"))
          .startsWith("200")
          .contains("\"label\":\"pod\"");
      assertThat(s.counted)
          .isEqualTo(
              new StoreView.CardinalityRequest(
                  1000, 2000, List.of(List.of(Matcher.equal("__name__", "up"))), "pod", "a", 3));
    }
  }

  @Test
  void storage() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      assertThat(s.get("/api/v1/status/storage"))
          .isEqualTo(
              OK
                  + "{\"head\":{\"series\":5,\"minTime\":-1},\"log\":{\"bytes\":12},"
                  + "\"memory\":{\"usedBytes\":30,\"limitBytes\":60,\"state\":\"normal\","
                  + "\"seriesRefused\":1,\"writersDelayedMillis\":2,\"fileBytes\":70,\"owners\":[{\"name\":\"samples\",\"value\":30}]},"
                  + "\"encodings\":[{\"name\":\"constant\",\"chunks\":2,\"samples\":100,\"bytes\":50,"
                  + "\"bytesPerSample\":0.5},{\"name\":\"labels\",\"chunks\":0,\"samples\":0,"
                  + "\"bytes\":7}],\"downsampled\":[{\"resolution\":\"5m\",\"configured\":true,"
                  + "\"blocks\":2}],\"stores\":[]}}");
    }
  }

  @Test
  void cardinalityErrorsAreReadable() throws Exception {
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT)) {
      String at = "/api/v1/status/cardinality";
      assertThat(s.get(at + "?limit=0")).startsWith("400").contains("from 1 to 10000");
      assertThat(s.get(at + "?limit=x")).startsWith("400");
      assertThat(s.get(at + "?start=2&end=1")).startsWith("400").contains("before start");
      assertThat(s.get(at + "?match[]=up%7B")).startsWith("400");
      assertThat(s.get(at + "?limit=9999"))
          .isEqualTo(
              "422 {\"status\":\"error\",\"errorType\":\"execution\","
                  + "\"error\":\"counting 5 series is too much\"}");
    }
    try (ApiServer s = new ApiServer(ApiSettings.DEFAULT.asAgent())) {
      assertThat(s.get("/api/v1/status/cardinality")).startsWith("422");
    }
  }
}
