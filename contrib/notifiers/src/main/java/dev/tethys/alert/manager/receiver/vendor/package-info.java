/** Notifications to services of one vendor. */
@NullMarked
package dev.tethys.alert.manager.receiver.vendor;

import org.jspecify.annotations.NullMarked;
