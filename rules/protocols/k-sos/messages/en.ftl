new_alert = { $case }: panic button pressed. Acknowledge and call back now.
received = Kota City Police: the call is received and answered. Our reference: { $case }.
notice = Kota City Police has your call and will phone you now. What the app shared is used only to help you and is erased when you press stop. In danger call 112.
stopped = { $case }: the student pressed stop. Profile and track are erased. The case stays open until you have made sure.
position_old = { $case }: no new position for three minutes. Call back and ask.
nearest_team = { $case }: your nearest team was sent directly. Please support it.
with_112 = Kota City Police, K-SOS: a student needs help of your kind at once. Our reference { $case }. Please phone us to confirm.
