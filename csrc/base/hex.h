/*
 * Hexadecimal digits.
 */
#ifndef CVK_BASE_HEX_H
#define CVK_BASE_HEX_H

/* The value of a hexadecimal digit in either case, 0 to 15; -1: it is none. */
static inline int cvk_hex_digit(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

#endif
