package dev.tethys.app.destination;

import java.io.IOException;

/** TDengine 3 written by lines, a super table for each metric, by a double of its documentation. */
class TdengineLinesTest extends DestinationContract {
  @Override
  Peer start() throws IOException {
    TdengineDouble td = new TdengineDouble();
    return new Peer() {
      @Override
      public int port() {
        return td.port();
      }

      @Override
      public String exporter() {
        return "tdengine";
      }

      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:" + at + "', protocol: lines";
      }

      @Override
      public String store(int at) {
        return "{name: far, type: tdengine, protocol: lines, url: 'http://127.0.0.1:"
            + at
            + "', basic_auth: {username: root, password: taosdata}}";
      }

      @Override
      public void close() {
        td.close();
      }
    };
  }
}
