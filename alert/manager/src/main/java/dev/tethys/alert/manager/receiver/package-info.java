/** The ways of telling people and systems about alerts: the keys of each, and how it speaks. */
@NullMarked
package dev.tethys.alert.manager.receiver;

import org.jspecify.annotations.NullMarked;
