import streamlit as st

st.title("My first Streamlit app in a container")
st.write("This page is served by a container that you built yourself.")
st.line_chart([1, 3, 2, 4, 5, 3])
