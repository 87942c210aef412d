#ifndef LIMN_REDUCE_H
#define LIMN_REDUCE_H
#include "limn_layout.h"
#endif
