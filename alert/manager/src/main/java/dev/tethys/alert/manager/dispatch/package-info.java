/** From an alert to its notifications: routes, groups, inhibition, the steps before sending. */
@NullMarked
package dev.tethys.alert.manager.dispatch;

import org.jspecify.annotations.NullMarked;
