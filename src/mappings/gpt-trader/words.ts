/** Alternative names of the same column in the bot's tables, the likeliest first. */

export const symbol = ['ticker', 'asset', 'instrument', 'pair', 'coin', 'market', 'product_id', 'symbol_name']
export const quantity = ['qty', 'size', 'shares', 'amount', 'units', 'volume', 'contracts', 'position_size']
export const moment = [
  'time',
  'ts',
  'datetime',
  'date_time',
  'date',
  'as_of',
  'recorded_at',
  'event_time',
  'epoch',
]
export const created = [
  'created',
  'create_time',
  'created_on',
  'creation_time',
  'inserted_at',
  'date_created',
]
export const updated = [
  'updated',
  'update_time',
  'last_updated',
  'last_update',
  'modified_at',
  'date_updated',
]
/** Columns that may also fill a time that must not be null; each keeps its own target column. */
export const stamps = ['created_at', 'created', 'recorded_at', 'updated_at', 'last_updated']
export const confidence = ['confidence_score', 'conf', 'probability', 'prob', 'score']
export const model = ['model', 'model_name', 'ml_model_id', 'model_uuid']
export const details = ['metadata', 'meta', 'extra', 'extra_data', 'info', 'data']
export const config = ['config', 'params', 'parameters', 'settings', 'hyperparameters']
/** Also spelled as brokers abbreviate them, and as Python prints enum members. */
export const side = {
  values: {
    buy: 'buy',
    sell: 'sell',
    b: 'buy',
    s: 'sell',
    bot: 'buy',
    sld: 'sell',
    'orderside.buy': 'buy',
    'orderside.sell': 'sell',
    'tradeside.buy': 'buy',
    'tradeside.sell': 'sell',
    'side.buy': 'buy',
    'side.sell': 'sell',
    'orderaction.buy': 'buy',
    'orderaction.sell': 'sell',
    'action.buy': 'buy',
    'action.sell': 'sell',
  },
} as const
