@NullMarked
package dev.tethys.insight.entities;

import org.jspecify.annotations.NullMarked;
