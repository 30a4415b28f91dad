/** Receivers of notifications, one class each: their keys and their requests. */
@NullMarked
package dev.tethys.alert.manager.receiver;

import org.jspecify.annotations.NullMarked;
