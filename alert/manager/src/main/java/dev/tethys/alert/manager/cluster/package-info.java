/**
 * Several Alertmanagers as one: who is there, and what they tell each other, as memberlist speaks.
 */
@NullMarked
package dev.tethys.alert.manager.cluster;

import org.jspecify.annotations.NullMarked;
