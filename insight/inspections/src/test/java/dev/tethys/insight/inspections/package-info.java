@NullMarked
package dev.tethys.insight.inspections;

import org.jspecify.annotations.NullMarked;
