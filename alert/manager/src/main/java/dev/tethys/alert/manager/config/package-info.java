/** Keys of {@code alertmanager.yml}: routes, inhibition, time intervals, receivers. */
@NullMarked
package dev.tethys.alert.manager.config;

import org.jspecify.annotations.NullMarked;
