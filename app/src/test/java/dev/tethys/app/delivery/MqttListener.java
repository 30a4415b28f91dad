package dev.tethys.app.delivery;

import java.util.function.BiConsumer;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * Passes on the messages that Eclipse's client of MQTT receives; other failures show as missing
 * messages.
 */
record MqttListener(BiConsumer<String, MqttMessage> to) implements MqttCallback {
  @Override
  public void messageArrived(String topic, MqttMessage m) {
    to.accept(topic, m);
  }

  @Override
  public void disconnected(MqttDisconnectResponse r) {
    // the test ends
  }

  @Override
  public void mqttErrorOccurred(MqttException e) {
    // seen by what is missing
  }

  @Override
  public void deliveryComplete(IMqttToken token) {
    // it only listens
  }

  @Override
  public void connectComplete(boolean again, String uri) {
    // waited for where it connects
  }

  @Override
  public void authPacketArrived(int reason, MqttProperties p) {
    // there is none
  }
}
